// The options of tf_engine_open.
#ifndef THEFLASH_OPTIONS_H_
#define THEFLASH_OPTIONS_H_

#include <cstdint>
#include <string_view>

namespace theflash {

struct Options {
  bool create = true;
  uint64_t memory_bytes_max = 0;        // 0: 0.7 of the machine
  uint64_t query_memory_bytes_max = 0;  // 0: none
  uint64_t scans_max = 32;
  bool allow_external = false;
  bool allow_broken = false;
};

// Reads a JSON object of the members above; an empty text gives the defaults. Unknown, doubled or
// mistyped members throw Error(TF_INVALID).
Options ParseOptions(std::string_view json);

}  // namespace theflash

#endif  // THEFLASH_OPTIONS_H_
