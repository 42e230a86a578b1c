#include "sandbox/syscall_filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <iterator>
#include <vector>

namespace theflash {
namespace {

#if defined(__x86_64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_X86_64;
// Calls of the x32 ABI carry this bit: other numbers for the same calls.
constexpr unsigned kForeignCalls = 0x40000000;
#elif defined(__aarch64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_AARCH64;
constexpr unsigned kForeignCalls = 0x80000000;
#else
#error "the system calls of this architecture are not listed"
#endif

// Numbers that headers of Debian 12 may lack; the same on all architectures since Linux 5.
constexpr long kIoUringSetup = 425;
constexpr long kOpenTree = 428;
constexpr long kMoveMount = 429;
constexpr long kFsopen = 430;
constexpr long kFsconfig = 431;
constexpr long kFsmount = 432;
constexpr long kFspick = 433;
constexpr long kPidfdOpen = 434;
constexpr long kPidfdGetfd = 438;
constexpr long kMountSetattr = 442;

constexpr long kRefused[] = {
    // The network, and services behind Unix sockets.
    SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4,
    // It makes sockets and opens files by itself.
    kIoUringSetup,
    // Other programs, and other processes.
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kill,
    kPidfdOpen, kPidfdGetfd,
    // Files by other ways than their paths, and other views of the file system.
    SYS_open_by_handle_at, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare,
    SYS_setns, kOpenTree, kMoveMount, kFsopen, kFsconfig, kFsmount, kFspick, kMountSetattr,
    SYS_mknodat,
#ifdef SYS_mknod
    SYS_mknod,
#endif
    // The kernel itself.
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_add_key, SYS_request_key, SYS_keyctl,
    SYS_kexec_load, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_reboot, SYS_swapon,
    SYS_swapoff, SYS_acct, SYS_quotactl, SYS_sethostname, SYS_setdomainname, SYS_settimeofday,
    SYS_clock_settime, SYS_syslog};

constexpr unsigned kRefuse = SECCOMP_RET_ERRNO | (EACCES & SECCOMP_RET_DATA);

std::vector<sock_filter> MakeFilter() {
  // In each jump: how many instructions to pass over where the comparison holds, and where not.
  std::vector<sock_filter> filter = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, kRefuse),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kForeignCalls, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, kRefuse),
  };
  for (const long call : kRefused) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, kRefuse));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  return filter;
}

int Lay(std::vector<sock_filter> filter) {
  sock_fprog program = {static_cast<unsigned short>(filter.size()), filter.data()};
  // Without the flag kernels before 5.16 slow the thread down, against side channels (SSBD).
  const long result =
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
  return result == 0 ? 0 : errno;
}

}  // namespace

int LaySyscallFilter() { return Lay(MakeFilter()); }

int LayStatFilter() {
#ifdef SYS_stat
  // The architecture is that of the first filter, which holds as well.
  return Lay({
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_stat, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (ENOENT & SECCOMP_RET_DATA)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  });
#else
  return ENOSYS;
#endif
}

}  // namespace theflash
