// Statements as ClickHouse's parser printed them, kept: clients send the same ones again and again.
#ifndef THEFLASH_SQL_PRINT_CACHE_H_
#define THEFLASH_SQL_PRINT_CACHE_H_

#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace theflash::sql {

// A print depends on the text alone, so none ever gets wrong. Any thread may call; those that were
// not asked for the longest go first.
class PrintCache {
 public:
  // Bounds of what is kept: bytes of all texts with their prints, and of one text.
  static constexpr size_t kBytesMax = size_t{4} << 20;
  static constexpr size_t kTextBytesMax = size_t{16} << 10;

  std::optional<std::string> Find(std::string_view text) {
    const std::lock_guard lock(mutex_);
    const auto found = by_text_.find(text);
    if (found == by_text_.end()) return std::nullopt;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->print;
  }

  void Put(std::string_view text, std::string_view print) {
    if (text.size() > kTextBytesMax || print.size() > 2 * kTextBytesMax) return;
    const std::lock_guard lock(mutex_);
    if (by_text_.contains(text)) return;
    entries_.push_front({std::string(text), std::string(print)});
    by_text_.emplace(entries_.front().text, entries_.begin());
    bytes_ += text.size() + print.size();
    while (bytes_ > kBytesMax) {
      const Entry& last = entries_.back();
      bytes_ -= last.text.size() + last.print.size();
      by_text_.erase(last.text);
      entries_.pop_back();
    }
  }

  size_t bytes() {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  struct Entry {
    std::string text;
    std::string print;
  };

  std::mutex mutex_;
  std::list<Entry> entries_;  // the one that was asked for last is the first
  std::unordered_map<std::string_view, std::list<Entry>::iterator>
      by_text_;  // keys: entries' texts
  size_t bytes_ = 0;
};

}  // namespace theflash::sql

#endif  // THEFLASH_SQL_PRINT_CACHE_H_
