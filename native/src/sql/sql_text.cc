#include "sql_text.h"

#include <algorithm>

namespace theflash::sql {
namespace {

std::string Quote(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char c : text) {
    if (c == quote || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + quote;
}

}  // namespace

SqlText& SqlText::Add(std::string_view text) {
  text_ += text;
  return *this;
}

SqlText& SqlText::Add(const SqlText& other) {
  for (const auto& slot : other.slots_) slots_.push_back({text_.size() + slot.offset, slot.addend});
  text_ += other.text_;
  return *this;
}

SqlText& SqlText::AddVersion(uint64_t addend) {
  slots_.push_back({text_.size(), addend});
  return *this;
}

void Edits::Replace(size_t begin, size_t end, SqlText by) {
  edits_.push_back({begin, end, std::move(by)});
}

SqlText Edits::Apply(std::string_view text) const {
  std::vector<Edit> edits = edits_;
  std::stable_sort(edits.begin(), edits.end(),
                   [](const Edit& left, const Edit& right) { return left.begin < right.begin; });
  SqlText result;
  size_t at = 0;
  for (const Edit& edit : edits) {
    result.Add(text.substr(at, edit.begin - at)).Add(edit.by);
    at = edit.end;
  }
  return result.Add(text.substr(at));
}

std::string QuoteName(std::string_view name) { return Quote(name, '`'); }
std::string QuoteText(std::string_view text) { return Quote(text, '\''); }

std::string Statement::Fill(uint64_t first_version) const {
  std::string filled;
  size_t at = 0;
  for (const VersionSlot& slot : version_slots) {
    filled.append(sql, at, slot.offset - at);
    filled += std::to_string(first_version + slot.addend);
    at = slot.offset;
  }
  return filled.append(sql, at);
}

}  // namespace theflash::sql
