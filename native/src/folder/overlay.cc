#include "folder/overlay.h"

#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/status.h"
#include "session/chdb_abi.h"
#include "theflash_overlay.h"

namespace theflash {
namespace {

// Where the overlay lies below Folder's own folder. Fragments of a patch that is no longer in the
// series must not stay behind, so it is emptied first.
constexpr std::string_view kOverlayFolder = "overlay";

std::string Replace(std::string text, std::string_view what, std::string_view by) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

void AppendJsonText(std::string* json, std::string_view text) {
  *json += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') *json += '\\';
    *json += c;
  }
  *json += '"';
}

std::string MakeBuildInfo() {
  std::string json = "{\"abi\":" + std::to_string(TF_ABI_VERSION) + ",\"engine\":";
  AppendJsonText(&json, THEFLASH_ENGINE_VERSION);
  json += ",\"chdb\":";
  AppendJsonText(&json, chdb_version());
  json += ",\"level\":";
  AppendJsonText(&json, overlay::kLevel);
  json += ",\"patches\":[";
  bool first = true;
  for (const std::string_view patch : overlay::kPatches) {
    if (!first) json += ',';
    first = false;
    AppendJsonText(&json, patch);
  }
  return json + "]}";
}

void WriteFragment(const Folder& folder, std::string_view file, const std::string& text) {
  folder.WriteFile(std::string(kOverlayFolder) + "/" + std::string(file),
                   "<clickhouse>" + text + "</clickhouse>\n");
}

// After the patches' fragments, which ClickHouse merges in the order of their names.
void WriteChoice(const Folder& folder, const OverlayChoice& choice) {
  std::string paths;
  for (const std::string& path : choice.folders) {
    paths += "<allowed_path>" + EscapeXml(path.empty() ? "/" : path) + "</allowed_path>";
  }
  if (choice.allow_external) paths = "<allowed_path>/</allowed_path>";
  if (!paths.empty()) {
    WriteFragment(folder, "config.d/90-backups.xml",
                  "<backups replace=\"1\">" + paths + "</backups>");
  }
  // Without the patches the engine's one user has every right, and no role takes it away.
  WriteFragment(folder, "users.d/95-roles.xml", RolesXml(choice.rights));
  if (!choice.reads_files || choice.allow_external) return;
  // The attribute keeps the grant apart from those of no-way-out: same elements would be merged.
  WriteFragment(folder, "users.d/90-files.xml",
                "<roles><" + std::string(kOwnerRole) +
                    "><grants><query of=\"files\">GRANT READ ON FILE</query></grants></" +
                    std::string(kOwnerRole) + "></roles>");
}

}  // namespace

std::string EscapeXml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string WriteOverlay(const Folder& folder, const OverlayChoice& choice) {
  const std::string root = folder.OwnPath(kOverlayFolder);
  std::error_code failed;
  std::filesystem::remove_all(root, failed);
  if (failed) throw SystemError(failed.value(), "emptying", root);
  for (const auto& file : overlay::kFiles) {
    if (choice.allow_external && file.dropped_by_allow_external) continue;
    std::string text = Replace(std::string(file.text), "@OVERLAY@", EscapeXml(root));
    text = Replace(std::move(text), "@DATA@", EscapeXml(folder.path()));
    folder.WriteFile(std::string(kOverlayFolder) + "/" + std::string(file.path), text);
  }
  WriteChoice(folder, choice);
  return root + "/config.xml";
}

std::string_view PatchLevel() { return overlay::kLevel; }

std::string_view EngineVersion() { return THEFLASH_ENGINE_VERSION; }

const char* BuildInfo() {
  static const std::string info = MakeBuildInfo();
  return info.c_str();
}

}  // namespace theflash
