// Files that are whole or not there, whatever happens to the process or the machine.
#ifndef THEFLASH_BASE_FILES_H_
#define THEFLASH_BASE_FILES_H_

#include <optional>
#include <string>
#include <string_view>

namespace theflash {

// Every function throws what SystemError makes of the system's error.

// Writes a file; the text may still be in the system's memory when it returns.
void WriteFile(const std::string& file, std::string_view text);

// Puts a file in the place of what was there, durably, whole or not at all.
void ReplaceFile(const std::string& file, std::string_view text);

// The bytes of a file; nothing where there is none.
std::optional<std::string> ReadFile(const std::string& file);

// Takes a file away durably, if there is one.
void RemoveFile(const std::string& file);

}  // namespace theflash

#endif  // THEFLASH_BASE_FILES_H_
