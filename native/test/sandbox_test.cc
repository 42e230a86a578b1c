// The sandbox on threads of this process, without an engine. Each test settles it in a child of its
// own: a process has one.
#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "base/status.h"
#include "sandbox/landlock.h"

namespace theflash {
namespace {

// Which of several things went wrong, as an exit code; 0 where none did.
int FirstOf(std::initializer_list<bool> failures) {
  int code = 1;
  for (const bool failed : failures) {
    if (failed) return code;
    ++code;
  }
  return 0;
}

class SandboxTest : public testing::Test {
 protected:
  void SetUp() override {
    if (LandlockAbi() < 2) GTEST_SKIP() << "the kernel has no Landlock";
    std::string pattern = testing::TempDir() + "theflash-sandbox-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    for (const char* name : {"/inside", "/outside", "/read"}) {
      std::filesystem::create_directory(root_ + name);
      Write(root_ + name + "/file");
    }
  }
  void TearDown() override {
    if (!root_.empty()) std::filesystem::remove_all(root_);
  }

  static bool Write(const std::string& file) {
    const int out = open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (out >= 0) close(out);
    return out >= 0;
  }
  static bool Reads(const std::string& file) {
    const int in = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (in >= 0) close(in);
    return in >= 0;
  }
  static bool MakesSocket(int family) {
    const int made = socket(family, SOCK_STREAM, 0);
    if (made >= 0) close(made);
    return made >= 0;
  }

  // Runs `body` on a thread in the sandbox of the folder inside, in a child process.
  void Expect(const Options& options, const std::function<int()>& body) {
    const auto child = [&] {
      SettleSandbox(root_ + "/inside", options);
      int code = 100;
      std::thread([&] {
        EnterSandbox();
        code = body();
      }).join();
      // Whoever settled it stays free.
      if (code == 0 && !Reads(root_ + "/outside/file")) code = 101;
      _exit(code);
    };
    EXPECT_EXIT(child(), testing::ExitedWithCode(0), "");
  }

  std::string root_;
};

TEST_F(SandboxTest, OpensTheFolderAlone) {
  Expect({}, [&] {
    return FirstOf({!Write(root_ + "/inside/new"), !Reads(root_ + "/inside/file"),
                    rename((root_ + "/inside/new").c_str(), (root_ + "/outside/new").c_str()) == 0,
                    link((root_ + "/outside/file").c_str(), (root_ + "/inside/link").c_str()) == 0,
                    Reads(root_ + "/outside/file"), Write(root_ + "/outside/new"),
                    unlink((root_ + "/outside/file").c_str()) == 0, Reads("/etc/passwd"),
                    Reads("/proc/self/environ"), Reads("/proc/self/mem"), Reads("/proc/cpuinfo"),
                    Reads("/proc/" + std::to_string(getppid()) + "/cmdline"),
                    Reads("/sys/kernel/mm/transparent_hugepage/enabled"), Reads("/dev/null"),
                    Reads(root_ + "/inside/../outside/file"), !Reads("/dev/urandom")});
  });
}

TEST_F(SandboxTest, FollowsNoLinkOutOfTheFolder) {
  ASSERT_EQ(symlink((root_ + "/outside/file").c_str(), (root_ + "/inside/link").c_str()), 0);
  Expect({}, [&] { return FirstOf({Reads(root_ + "/inside/link")}); });
}

TEST_F(SandboxTest, MakesNoSocketsAndRunsNoPrograms) {
  Expect({}, [&] {
    char name[] = "/bin/true";
    char* argv[] = {name, nullptr};
    const bool runs = execve(name, argv, nullptr) == 0;
    return FirstOf({MakesSocket(AF_INET), MakesSocket(AF_INET6), MakesSocket(AF_UNIX), runs,
                    errno != EACCES, mknod((root_ + "/inside/fifo").c_str(), S_IFIFO, 0) == 0});
  });
}

TEST_F(SandboxTest, HoldsThreadsThatAreBornInIt) {
  Expect({}, [&] {
    bool read = true;
    bool connected = true;
    std::thread([&] {
      read = Reads(root_ + "/outside/file");
      connected = MakesSocket(AF_INET);
    }).join();
    return FirstOf({read, connected});
  });
}

TEST_F(SandboxTest, OpensTheFoldersOfTheOptions) {
  Options options;
  options.allow_paths = {root_ + "/outside"};
  options.allow_paths_read_only = {root_ + "/read/"};
  Expect(options, [&] {
    return FirstOf({!Write(root_ + "/outside/new"), !Reads(root_ + "/read/file"),
                    Write(root_ + "/read/new"), truncate((root_ + "/read/file").c_str(), 1) == 0,
                    !Write(root_ + "/inside/new")});
  });
}

TEST_F(SandboxTest, IsOneToAProcess) {
  const auto child = [&] {
    SettleSandbox(root_ + "/inside", {});
    SettleSandbox(root_ + "/inside", {});
    try {
      SettleSandbox(root_ + "/outside", {});
    } catch (const Error& error) {
      _exit(error.status() == TF_IN_USE ? 0 : 1);
    }
    _exit(2);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(0), "");
}

TEST_F(SandboxTest, IsSharedByFoldersBelowAnAllowedOne) {
  const auto child = [&] {
    Options options;
    options.allow_paths = {root_};
    SettleSandbox(root_ + "/inside", options);
    SettleSandbox(root_ + "/outside", options);
    options.allow_paths = {root_, "/usr"};
    try {
      SettleSandbox(root_ + "/outside", options);
    } catch (const Error& error) {
      _exit(error.status() == TF_IN_USE ? 0 : 1);
    }
    _exit(2);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(0), "");
}

TEST_F(SandboxTest, IsNotLeftOutAfterwards) {
  const auto child = [&] {
    SettleSandbox(root_ + "/inside", {});
    Options options;
    options.sandbox = SandboxMode::kOff;
    try {
      SettleSandbox(root_ + "/inside", options);
    } catch (const Error&) {
      _exit(HasSandbox() && std::string(SandboxInfo()).starts_with("landlock (ABI ") ? 0 : 1);
    }
    _exit(2);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(0), "");
}

TEST_F(SandboxTest, RefusesFoldersThatAreNone) {
  for (const std::string& path : {root_ + "/missing", root_ + "/read/file"}) {
    Options options;
    options.allow_paths = {path};
    EXPECT_THROW(AllowedFolders(options), Error) << path;
  }
}

}  // namespace
}  // namespace theflash
