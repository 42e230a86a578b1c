// What an engine folder was last written by, and whether this ch.so may go on with it.
#ifndef THEFLASH_FOLDER_FOLDER_FORMAT_H_
#define THEFLASH_FOLDER_FOLDER_FORMAT_H_

#include <cstdint>
#include <string>

#include "folder/folder.h"
#include "session/connection.h"

namespace theflash {

// `.theflash/format`, lines of a word and its value:
//
//   format 3           rises with any change of our own tables, of the hidden columns, or of where
//                      rows of a commit may wait: in `direct-rows` since 2; or of what a statement
//                      must write down: that it cuts changes off, in `change_feeds` since 3
//   level 72b86611bcaa hash of the patch series
//   engine 26.7.2.1    the ClickHouse
//
// A folder without the file is of format 0: it is new, or older than the file. The settings of the
// patch series hold for whoever opens the folder (the overlay is written anew by each open), so
// another level alone needs nothing.
class FolderFormat {
 public:
  static constexpr uint64_t kCurrent = 3;

  // Before the engine starts. Errors: TF_BROKEN_DATA where the folder's format is newer than ours,
  // or its ClickHouse is of a later release (year and number): older ones misread newer folders.
  explicit FolderFormat(const Folder& folder);

  // With the engine running: brings the tables of an older format up to date, then says so in the
  // file. A crash on the way leaves the old format, and the next open begins again.
  void Upgrade(Connection& connection);

 private:
  const Folder& folder_;
  uint64_t format_ = 0;
  std::string text_;  // of the file as it is
};

}  // namespace theflash

#endif  // THEFLASH_FOLDER_FOLDER_FORMAT_H_
