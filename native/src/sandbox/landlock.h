// Landlock, the kernel's access control of a thread by itself.
#ifndef THEFLASH_SANDBOX_LANDLOCK_H_
#define THEFLASH_SANDBOX_LANDLOCK_H_

#include <cstdint>
#include <string>

namespace theflash {

// The Landlock ABI of the kernel, 0 where it has none or has it switched off.
int LandlockAbi();

// A set of rules, to be laid on threads: what no rule allows is refused. TCP is refused, too, where
// the kernel can (ABI 4; see syscall_filter.h for all other sockets).
class Landlock {
 public:
  // Errors: as the system refuses it.
  explicit Landlock(int abi);
  ~Landlock();
  Landlock(const Landlock&) = delete;
  Landlock& operator=(const Landlock&) = delete;

  // What is below a folder may be read, or changed as well. Nothing below it may be run, and no
  // devices, sockets or pipes made. Errors: as the system refuses it.
  void AllowReading(const std::string& folder);
  void AllowChanging(const std::string& folder);
  // A file or a folder; where there is none, nothing.
  void AllowReadingIfThere(const std::string& path);

  // Puts the rules on the calling thread, which must have PR_SET_NO_NEW_PRIVS. Gives 0, or errno.
  int Restrict() const;

 private:
  void Allow(const std::string& path, uint64_t rights);

  int rules_ = -1;
  uint64_t handled_ = 0;
};

}  // namespace theflash

#endif  // THEFLASH_SANDBOX_LANDLOCK_H_
