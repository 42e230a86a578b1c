// What would reach outside of the engine folder and is no matter of grants: ClickHouse embedded in
// a process takes its user for the owner of the machine.
#include "statement.h"

namespace theflash::sql {
namespace {

// The function file() gives any file that the process may read. (The table function of that name
// asks for a grant, but it is not worth telling them apart.)
constexpr std::string_view kFile = "file";

bool BeginsWith(const Tokens& tokens, size_t index, std::string_view prefix) {
  if (!tokens.IsName(index)) return false;
  const std::string name = tokens.Name(index);
  return name.size() >= prefix.size() &&
         EqualsIgnoringCase(std::string_view(name).substr(0, prefix.size()), prefix);
}

// Whether the name at `index` stands where ClickHouse looks for a function: in front of a bracket,
// behind APPLY, or as the first argument of a function that takes a function.
bool IsFunction(const Tokens& tokens, size_t index) {
  const auto before = [&](size_t count, std::string_view word) {
    return index >= count && tokens.IsWord(index - count, word);
  };
  const bool in_bracket = index >= 2 && tokens.IsSymbol(index - 1, "(");
  if (before(1, "APPLY") || (in_bracket && before(2, "APPLY"))) return true;
  if (in_bracket && tokens.IsSymbol(index + 1, ",") &&
      (BeginsWith(tokens, index - 2, "array") || BeginsWith(tokens, index - 2, "map"))) {
    return true;
  }
  if (!tokens.IsSymbol(index + 1, "(")) return false;
  const bool is_table = before(1, "INTO") || before(1, "TABLE") || before(1, "EXISTS") ||
                        (index >= 1 && tokens.IsSymbol(index - 1, "."));
  return !is_table;
}

void RefuseFileFunction(const Source& source) {
  const Tokens& tokens = source.tokens;
  for (size_t index = 0; index < tokens.size(); ++index) {
    if (!tokens.IsName(index) || tokens.Name(index) != kFile || !IsFunction(tokens, index)) {
      continue;
    }
    throw SqlError(
        "file() reads and writes outside of the engine folder",
        "Open the engine with --allow-external; for a column of that name write t.file.");
  }
}

void RefuseFileClauses(const Source& source) {
  const Tokens& tokens = source.tokens;
  for (size_t index = 0; index + 2 < tokens.size(); ++index) {
    const bool out = tokens.IsWord(index, "INTO") && tokens.IsWord(index + 1, "OUTFILE");
    const bool in = tokens.IsWord(index, "FROM") && tokens.IsWord(index + 1, "INFILE");
    if ((!out && !in) || tokens.at(index + 2).kind != TokenKind::kString) continue;
    if (in) {
      throw SqlError("FROM INFILE reads outside of the engine folder",
                     "Open the engine with --allow-external, and write INSERT INTO t SELECT * FROM "
                     "file('…').");
    }
    if (source.options.allow_external) continue;
    throw SqlError("INTO OUTFILE writes outside of the engine folder",
                   "Open the engine with --allow-external, or use the command's own output.");
  }
}

}  // namespace

void RefuseOutside(const Source& source) {
  RefuseFileClauses(source);
  if (!source.options.allow_external) RefuseFileFunction(source);
}

void RefuseStandardInput(const Source& source, size_t insert) {
  const Tokens& tokens = source.tokens;
  bool has_source = false;
  for (size_t index = insert + 1; index < tokens.size(); ++index) {
    has_source = has_source || tokens.IsWord(index, "SELECT") || tokens.IsWord(index, "VALUES") ||
                 tokens.IsWord(index, "FORMAT");
    if (tokens.IsWord(index, "input") && tokens.IsSymbol(index + 1, "(") &&
        tokens.IsWord(index - 1, "FROM")) {
      throw SqlError("The table function input() has nothing to read here",
                     "Put the rows behind INSERT INTO t FORMAT ….");
    }
  }
  if (!has_source) throw SqlError("INSERT without rows", "Give them by VALUES, FORMAT or SELECT.");
}

}  // namespace theflash::sql
