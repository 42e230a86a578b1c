// COLUMNS('regular expression') finds hidden columns too, which * does not.
#include "sql/statement.h"

namespace theflash::sql {

std::optional<std::string> HideFromMatchers(const Source& source) {
  const Tokens& tokens = source.tokens;
  if (tokens.IsWord(0, "SELRAW")) return std::nullopt;
  Edits edits;
  bool found = false;
  for (size_t at = 0; at < tokens.size(); ++at) {
    const bool matches = tokens.IsWord(at, "COLUMNS") && tokens.IsSymbol(at + 1, "(") &&
                         tokens.at(at + 2).kind == TokenKind::kString;
    if (!matches) continue;
    edits.Insert(tokens.at(tokens.Closing(at + 1)).end, SqlText(" EXCEPT(")
                                                            .Add(kVersionColumn)
                                                            .Add(", ")
                                                            .Add(kDelmarkColumn)
                                                            .Add(", ")
                                                            .Add(kRowHashColumn)
                                                            .Add(", ")
                                                            .Add(kRowIndexColumn)
                                                            .Add(")"));
    found = true;
  }
  if (!found) return std::nullopt;
  return edits.Apply(source.text).text();
}

}  // namespace theflash::sql
