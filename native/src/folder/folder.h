// The engine's data folder: its path, its lock, and the config files that ch.so keeps in it.
#ifndef THEFLASH_FOLDER_FOLDER_H_
#define THEFLASH_FOLDER_FOLDER_H_

#include <string>
#include <string_view>

namespace theflash {

// Holds a data folder for this process. The lock is an flock of `.theflash/lock`, whose text is the
// process id: the system drops it with the process, however that ends.
class Folder {
 public:
  // Errors: TF_NOT_FOUND where the folder is missing and `create` is false; TF_DENIED; TF_IN_USE,
  // naming the other process.
  Folder(std::string_view path, bool create);
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  // Absolute, without links and without a slash at the end: the engine compares paths as text.
  const std::string& path() const { return path_; }

  // The absolute path of `name` below ch.so's own folder, `.theflash`.
  std::string OwnPath(std::string_view name) const;

  // Writes a file at OwnPath(name), making the folders above it.
  void WriteFile(std::string_view name, std::string_view text) const;

  // Makes the folder OwnPath(name), or empties it.
  void EmptyFolder(std::string_view name) const;

  // Puts a file at OwnPath(name) durably, whole or not at all.
  void ReplaceFile(std::string_view name, std::string_view text) const;

  // Whether there is a file at OwnPath(name).
  bool HasFile(std::string_view name) const;

  // Takes the file at OwnPath(name) away durably, if there is one.
  void RemoveFile(std::string_view name) const;

 private:
  void Lock();

  std::string path_;
  int lock_ = -1;
};

}  // namespace theflash

#endif  // THEFLASH_FOLDER_FOLDER_H_
