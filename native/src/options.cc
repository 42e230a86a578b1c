#include "options.h"

#include <charconv>
#include <set>
#include <string>

#include "status.h"

namespace theflash {
namespace {

constexpr uint64_t kScansMax = 4096;

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
