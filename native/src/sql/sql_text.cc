#include "sql/sql_text.h"

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
  if (other.target_end_ != 0) {
    target_begin_ = text_.size() + other.target_begin_;
    target_end_ = text_.size() + other.target_end_;
  }
  text_ += other.text_;
  return *this;
}

SqlText& SqlText::AddVersion(uint64_t addend) {
  slots_.push_back({text_.size(), addend});
  return *this;
}

SqlText& SqlText::AddTarget(std::string_view name) {
  target_begin_ = text_.size();
  text_ += name;
  target_end_ = text_.size();
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

std::string Statement::Fill(uint64_t first_version, std::string_view target) const {
  std::string filled;
  size_t at = 0;
  const auto copy_up_to = [&](size_t end) {
    // The target stands before every version.
    if (!target.empty() && at <= target_begin && target_end <= end && target_end != 0) {
      filled.append(sql, at, target_begin - at).append(target);
      at = target_end;
    }
    filled.append(sql, at, end - at);
    at = end;
  };
  for (const VersionSlot& slot : version_slots) {
    copy_up_to(slot.offset);
    filled += std::to_string(first_version + slot.addend);
  }
  copy_up_to(sql.size());
  return filled;
}

}  // namespace theflash::sql
