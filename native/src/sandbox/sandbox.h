// The kernel's sandbox around the threads that the engine runs on.
#ifndef THEFLASH_SANDBOX_SANDBOX_H_
#define THEFLASH_SANDBOX_SANDBOX_H_

#include <string>
#include <vector>

#include "base/options.h"

namespace theflash {

// Each thread of ch.so that calls libchdb enters the sandbox before it does anything else, and the
// threads that ClickHouse starts from there are born in it. They reach the engine folder, the
// folders that the options name, and the little of the system that libchdb reads; they make no
// sockets and run no programs. The caller's own threads stay free.
//
// A thread can't leave its sandbox, and ClickHouse keeps its threads from one engine to the next:
// so a process has one sandbox, that of the first engine that it opened, to its end.

// Settles the sandbox of the process for an engine in `folder`: its absolute path, without links.
// Errors: TF_DENIED where the options require a sandbox and the kernel has none; TF_IN_USE where
// the process has another one already; TF_NOT_FOUND, TF_INVALID for a folder of the options.
void SettleSandbox(const std::string& folder, const Options& options);

// The folders of the options' allow_paths, as they were named and as they are called without links;
// without a slash at the end. Errors: TF_NOT_FOUND, TF_INVALID for what is no folder.
std::vector<std::string> AllowedFolders(const Options& options);

// Puts the calling thread into the settled sandbox, for good. Once a thread: its threads inherit
// it. Nothing where there is none. Errors: as the system refuses it.
void EnterSandbox();

// Whether the settled sandbox holds: false where there is none.
bool HasSandbox();

// "landlock (ABI 7)", or "none". Static.
const char* SandboxInfo();

}  // namespace theflash

#endif  // THEFLASH_SANDBOX_SANDBOX_H_
