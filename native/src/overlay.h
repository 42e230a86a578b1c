// The config files of ch-patches/, as they are written beside the data.
#ifndef THEFLASH_OVERLAY_H_
#define THEFLASH_OVERLAY_H_

#include <string>
#include <string_view>

#include "folder.h"

namespace theflash {

// Writes the embedded overlay below the folder, in place of that of an earlier open, and gives the
// path of the config file that the engine starts with. `allow_external` leaves out what shuts the
// ways out of the folder.
std::string WriteOverlay(const Folder& folder, bool allow_external);

// Hash of the patch series, and the version of the ClickHouse that ch.so was built on.
std::string_view PatchLevel();
std::string_view EngineVersion();

// The text of tf_build_info.
const char* BuildInfo();

}  // namespace theflash

#endif  // THEFLASH_OVERLAY_H_
