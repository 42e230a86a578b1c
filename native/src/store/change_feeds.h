// From which version on the changes of a table can be told.
#ifndef THEFLASH_STORE_CHANGE_FEEDS_H_
#define THEFLASH_STORE_CHANGE_FEEDS_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "session/connection.h"

namespace theflash {

// The changes of a table after version v are its rows and tombstones with higher versions. That is
// all of them only where, since v, no row went, came or changed without a version of its own. So
// each table has a version since which that is known, by its UUID, which a table that takes its
// name has not: the version of the first snapshot that was made of it, or of what cut its changes
// off later. It is durable (theflash.change_feeds).
class ChangeFeeds {
 public:
  struct Feed {
    std::string uuid;
    uint64_t since = 0;
    std::string reason;  // what cut it off; empty where it was the first snapshot
  };

  // `connection` must outlive this. Creates what is missing. The database theflash must exist.
  explicit ChangeFeeds(Connection* connection);

  // The feed of a mutable table, as of now, which begins at `settled` where none is known. One with
  // an empty UUID for other tables, and for those whose changes can't be told.
  Feed Of(const std::string& database, const std::string& table, uint64_t settled);

  // Has the changes of a table begin at `version`, durably when it returns: before what makes that
  // necessary is done. A table that is not there has none.
  void Cut(const std::string& database, const std::string& table, uint64_t version,
           std::string_view reason);
  // The same for all tables, those that are yet to come among them.
  void CutAll(uint64_t version, std::string_view reason);

 private:
  struct Start {
    uint64_t version = 0;
    std::string reason;
  };

  void Store(const std::string& uuid, uint64_t version, std::string_view reason);

  Connection* const connection_;
  std::mutex mutex_;
  std::map<std::string, Start> starts_;  // by UUID; of all tables under kAll
};

}  // namespace theflash

#endif  // THEFLASH_STORE_CHANGE_FEEDS_H_
