// The system calls that the engine's threads may not make.
#ifndef THEFLASH_SANDBOX_SYSCALL_FILTER_H_
#define THEFLASH_SANDBOX_SYSCALL_FILTER_H_

namespace theflash {

// Has the kernel refuse (EACCES) to the calling thread, and to the threads that it starts, what
// Landlock does not cover: sockets, running programs, looking into other processes, mounting and
// the like. Gives 0, or errno. The thread must have PR_SET_NO_NEW_PRIVS.
int LaySyscallFilter();

// Answers stat(2), by which libchdb looks for files without opening them, with ENOENT. For a thread
// that does next to nothing. Gives 0, or errno.
int LayStatFilter();

}  // namespace theflash

#endif  // THEFLASH_SANDBOX_SYSCALL_FILTER_H_
