#include "base/options.h"

#include <charconv>
#include <set>
#include <string>

#include "base/status.h"

namespace theflash {
namespace {

constexpr uint64_t kScansMax = 4096;
constexpr size_t kEscapeDigits = 4;
constexpr unsigned kControlEnd = 0x20;

// Reads the small part of JSON that options need: one object of booleans and whole numbers.
class OptionsParser {
 public:
  explicit OptionsParser(std::string_view json) : rest_(json) {}

  Options Parse() {
    Options options;
    SkipSpace();
    if (rest_.empty()) return options;
    Take("{");
    if (!TakeIf("}")) {
      do {
        ParseMember(&options);
      } while (TakeIf(","));
      Take("}");
    }
    if (!rest_.empty()) Refuse("text after the object");
    if (options.scans_max == 0 || options.scans_max > kScansMax) {
      Refuse("scans_max must be 1 to " + std::to_string(kScansMax));
    }
    return options;
  }

 private:
  void ParseMember(Options* options) {
    const std::string name = ParseName();
    if (!seen_.insert(name).second) Refuse("member " + name + " stands twice");
    Take(":");
    if (name == "create") {
      options->create = ParseBool();
    } else if (name == "memory_bytes_max") {
      options->memory_bytes_max = ParseNumber();
    } else if (name == "query_memory_bytes_max") {
      options->query_memory_bytes_max = ParseNumber();
    } else if (name == "scans_max") {
      options->scans_max = ParseNumber();
    } else if (name == "allow_external") {
      options->allow_external = ParseBool();
    } else if (name == "allow_broken") {
      options->allow_broken = ParseBool();
    } else if (name == "sandbox") {
      options->sandbox = ParseSandbox();
    } else if (name == "allow_paths") {
      options->allow_paths = ParseTexts();
    } else if (name == "allow_paths_read_only") {
      options->allow_paths_read_only = ParseTexts();
    } else if (name == "rights") {
      options->rights = ParseTexts();
    } else {
      Refuse("unknown member " + name);
    }
  }

  std::string ParseName() {
    Take("\"");
    const size_t end = rest_.find('"');
    if (end == std::string_view::npos) Refuse("a name does not end");
    std::string name(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    SkipSpace();
    return name;
  }

  bool ParseBool() {
    if (TakeIf("true")) return true;
    Take("false");
    return false;
  }

  SandboxMode ParseSandbox() {
    const std::string mode = ParseText();
    if (mode == "auto") return SandboxMode::kAuto;
    if (mode == "require") return SandboxMode::kRequire;
    if (mode == "off") return SandboxMode::kOff;
    Refuse("sandbox must be auto, require or off");
  }

  std::vector<std::string> ParseTexts() {
    std::vector<std::string> texts;
    Take("[");
    if (TakeIf("]")) return texts;
    do {
      texts.push_back(ParseText());
    } while (TakeIf(","));
    Take("]");
    return texts;
  }

  // A text of JSON. \u is left out but for control characters: writers of JSON need it for no
  // other.
  std::string ParseText() {
    if (!rest_.starts_with('"')) Refuse("expected a text");
    rest_.remove_prefix(1);
    std::string text;
    while (true) {
      const size_t end = rest_.find_first_of("\"\\");
      if (end == std::string_view::npos) Refuse("a text does not end");
      text += rest_.substr(0, end);
      const bool is_end = rest_[end] == '"';
      rest_.remove_prefix(end + 1);
      if (is_end) break;
      text += ParseEscape();
    }
    SkipSpace();
    return text;
  }

  char ParseEscape() {
    if (rest_.empty()) Refuse("a text does not end");
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char letter = rest_.front();
    rest_.remove_prefix(1);
    if (const size_t at = kLetters.find(letter); at != std::string_view::npos) return kMeanings[at];
    unsigned code = 0;
    const std::string_view digits = rest_.substr(0, kEscapeDigits);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    const bool is_whole = parsed.ptr == digits.data() + kEscapeDigits;
    if (letter != 'u' || !is_whole || code == 0 || code >= kControlEnd) Refuse("an unknown escape");
    rest_.remove_prefix(kEscapeDigits);
    return static_cast<char>(code);
  }

  uint64_t ParseNumber() {
    uint64_t number = 0;
    const auto parsed = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    if (parsed.ec != std::errc()) Refuse("a whole number is needed");
    rest_.remove_prefix(static_cast<size_t>(parsed.ptr - rest_.data()));
    SkipSpace();
    return number;
  }

  bool TakeIf(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    SkipSpace();
    return true;
  }

  void Take(std::string_view word) {
    if (!TakeIf(word)) Refuse("expected " + std::string(word));
  }

  void SkipSpace() {
    const size_t at = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at);
  }

  [[noreturn]] static void Refuse(const std::string& what) {
    throw Error(TF_INVALID, "options of tf_engine_open: " + what);
  }

  std::string_view rest_;
  std::set<std::string> seen_;
};

}  // namespace

Options ParseOptions(std::string_view json) { return OptionsParser(json).Parse(); }

}  // namespace theflash
