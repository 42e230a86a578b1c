// SQL being made: text with places that versions are filled into, and edits of a given text.
#ifndef THEFLASH_SQL_SQL_TEXT_H_
#define THEFLASH_SQL_SQL_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sql/rewrite.h"

namespace theflash::sql {

class SqlText {
 public:
  SqlText() = default;
  SqlText(std::string_view text) : text_(text) {}
  SqlText(const char* text) : text_(text) {}
  SqlText(const std::string& text) : text_(text) {}

  SqlText& Add(std::string_view text);
  SqlText& Add(const char* text) { return Add(std::string_view(text)); }
  SqlText& Add(const std::string& text) { return Add(std::string_view(text)); }
  SqlText& Add(const SqlText& other);
  // A place for the statement's first version + addend.
  SqlText& AddVersion(uint64_t addend);
  // The name of the table that the statement writes. At most once a text.
  SqlText& AddTarget(std::string_view name);

  const std::string& text() const { return text_; }
  const std::vector<Statement::VersionSlot>& slots() const { return slots_; }
  size_t target_begin() const { return target_begin_; }
  size_t target_end() const { return target_end_; }

 private:
  std::string text_;
  std::vector<Statement::VersionSlot> slots_;
  size_t target_begin_ = 0;
  size_t target_end_ = 0;
};

// Changes of a text, made in any order as long as they do not overlap.
class Edits {
 public:
  void Replace(size_t begin, size_t end, SqlText by);
  void Insert(size_t at, SqlText text) { Replace(at, at, std::move(text)); }
  SqlText Apply(std::string_view text) const;

 private:
  struct Edit {
    size_t begin;
    size_t end;
    SqlText by;
  };
  std::vector<Edit> edits_;
};

// "`name`", with what must be escaped.
std::string QuoteName(std::string_view name);
// "'text'", with what must be escaped.
std::string QuoteText(std::string_view text);

}  // namespace theflash::sql

#endif  // THEFLASH_SQL_SQL_TEXT_H_
