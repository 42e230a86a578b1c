#include "folder/folder.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/status.h"

namespace theflash {
namespace {

namespace fs = std::filesystem;

class FolderTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "theflash-folder-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }

  std::string root_;
};

tf_status StatusOf(const std::string& path, bool create) {
  try {
    const Folder folder(path, create);
    return TF_OK;
  } catch (const Error& error) {
    return error.status();
  }
}

TEST_F(FolderTest, MakesItselfAndWhatIsAbove) {
  const std::string path = root_ + "/a/b/";
  EXPECT_EQ(StatusOf(path, false), TF_NOT_FOUND);
  const Folder folder(path, true);
  EXPECT_EQ(folder.path(), root_ + "/a/b");
  EXPECT_EQ(folder.OwnPath("x"), root_ + "/a/b/.theflash/x");
}

TEST_F(FolderTest, HasOnePathWhateverItIsCalled) {
  fs::create_directory(root_ + "/real");
  fs::create_directory_symlink("real", root_ + "/link");
  const Folder folder(root_ + "/link/../link", false);
  EXPECT_EQ(folder.path(), root_ + "/real");
}

TEST_F(FolderTest, RefusesWhatIsNoFolder) {
  std::ofstream(root_ + "/file") << "x";
  EXPECT_EQ(StatusOf(root_ + "/file", true), TF_INVALID);
  EXPECT_EQ(StatusOf(root_ + "/file/below", true), TF_INVALID);
  EXPECT_EQ(StatusOf("", true), TF_INVALID);
  EXPECT_EQ(StatusOf(std::string("a\0b", 3), true), TF_INVALID);
  EXPECT_EQ(StatusOf("/proc/theflash", true), TF_NOT_FOUND);
}

TEST_F(FolderTest, IsHeldByOneAndNamesIt) {
  const Folder held(root_, true);
  try {
    const Folder second(root_, true);
    FAIL() << "opened twice";
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), TF_IN_USE);
    EXPECT_NE(error.message().find("process " + std::to_string(getpid())), std::string::npos);
    EXPECT_FALSE(error.hint().empty());
  }
}

TEST_F(FolderTest, IsFreeWhenItsProcessIsGone) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    new Folder(root_, true);  // never closed
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(StatusOf(root_, false), TF_OK);
}

TEST_F(FolderTest, WritesFilesOfItsOwn) {
  const Folder folder(root_, true);
  folder.WriteFile("deep/er/file", "long text");
  folder.WriteFile("deep/er/file", "text");
  std::ifstream in(folder.OwnPath("deep/er/file"));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "text");
  fs::create_directory(folder.OwnPath("taken"));
  EXPECT_THROW(folder.WriteFile("taken", "x"), Error);
}

}  // namespace
}  // namespace theflash
