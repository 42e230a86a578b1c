// The config files of ch-patches/, as they are written beside the data.
#ifndef THEFLASH_FOLDER_OVERLAY_H_
#define THEFLASH_FOLDER_OVERLAY_H_

#include <string>
#include <string_view>
#include <vector>

#include "folder/folder.h"
#include "folder/roles.h"

namespace theflash {

// What the options of an open change in the overlay.
struct OverlayChoice {
  bool allow_external = false;       // leaves out what shuts the ways out of the folder
  std::vector<std::string> folders;  // of allow_paths: backups go there and come from there
  bool reads_files = false;          // file() is granted: a sandbox holds it to those folders
  std::vector<Right> rights = {};    // of roles besides the owner's
};

// Writes the embedded overlay below the folder, in place of that of an earlier open, and gives the
// path of the config file that the engine starts with.
std::string WriteOverlay(const Folder& folder, const OverlayChoice& choice);

// `text` as it stands in an element of XML.
std::string EscapeXml(std::string_view text);

// Hash of the patch series, and the version of the ClickHouse that ch.so was built on.
std::string_view PatchLevel();
std::string_view EngineVersion();

// The text of tf_build_info.
const char* BuildInfo();

}  // namespace theflash

#endif  // THEFLASH_FOLDER_OVERLAY_H_
