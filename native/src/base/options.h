// The options of tf_engine_open.
#ifndef THEFLASH_BASE_OPTIONS_H_
#define THEFLASH_BASE_OPTIONS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace theflash {

// Whether the kernel keeps the engine in its folder: where it can; always, or the open fails;
// never.
enum class SandboxMode { kAuto, kRequire, kOff };

struct Options {
  bool create = true;
  uint64_t memory_bytes_max = 0;        // 0: 0.7 of the machine
  uint64_t query_memory_bytes_max = 0;  // 0: none
  uint64_t scans_max = 32;
  bool allow_external = false;
  bool allow_broken = false;
  SandboxMode sandbox = SandboxMode::kAuto;
  std::vector<std::string> allow_paths;
  std::vector<std::string> allow_paths_read_only;
  std::vector<std::string> rights;  // see folder/roles.h
};

// Reads a JSON object of the members above; an empty text gives the defaults. Unknown, doubled or
// mistyped members throw Error(TF_INVALID).
Options ParseOptions(std::string_view json);

}  // namespace theflash

#endif  // THEFLASH_BASE_OPTIONS_H_
