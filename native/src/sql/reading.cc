// One reading of a text: that of ClickHouse's own parser.
#include "sql/reading.h"

#include <algorithm>

#include "sql/split.h"
#include "sql/statement.h"

namespace theflash::sql {
namespace {

// A word of ours, and what the engine's parser knows in its place.
struct OwnWord {
  size_t at;  // index of its token
  std::string_view own;
  std::string_view engine;
};

std::optional<OwnWord> FindOwnWord(const Tokens& tokens) {
  if (tokens.IsWord(0, "SELRAW")) return OwnWord{0, "SELRAW", "SELECT"};
  if (tokens.IsWord(0, "UPSERT")) return OwnWord{0, "UPSERT", "INSERT"};
  if (tokens.IsWord(0, "IMPORT")) return OwnWord{0, "IMPORT", "INSERT"};
  if (tokens.IsWord(0, "OPTIMIZE") && tokens.IsWord(tokens.size() - 1, "ELIMINATE")) {
    return OwnWord{tokens.size() - 1, "ELIMINATE", "FINAL CLEANUP"};
  }
  return std::nullopt;
}

std::string ReplaceWord(std::string_view text, size_t at, size_t length, std::string_view by) {
  return std::string(text.substr(0, at)) + std::string(by) + std::string(text.substr(at + length));
}

[[noreturn]] void RefuseDoubt() {
  throw SqlError("The engine reads this statement otherwise than TheFlash does",
                 "Write it without comments, and with its keywords in plain letters.");
}

// Prints a statement with a word of ours in it: it goes to the engine as one of its own.
std::string PrintOwn(std::string_view head, const Tokens& tokens, const OwnWord& word,
                     Catalog& catalog) {
  const Token token = tokens.at(word.at);
  const std::string printed =
      catalog.Print(ReplaceWord(head, token.begin, token.end - token.begin, word.engine));
  const size_t at =
      word.at == 0 ? 0 : printed.size() - std::min(printed.size(), word.engine.size());
  if (std::string_view(printed).substr(at, word.engine.size()) != word.engine) RefuseDoubt();
  return ReplaceWord(printed, at, word.engine.size(), word.own);
}

// Several statements in one would need their locks and versions each.
void RefuseParallel(std::string_view printed) {
  const Tokens tokens(printed);
  for (size_t at = tokens.FindWord(1, tokens.size(), "PARALLEL"); at < tokens.size();
       at = tokens.FindWord(at + 1, tokens.size(), "PARALLEL")) {
    if (!tokens.IsWord(at + 1, "WITH") || !CanEndExpression(tokens, at - 1)) continue;
    throw SqlError("PARALLEL WITH makes one statement of several", "Run them one by one.");
  }
}

}  // namespace

std::string Read(std::string_view statement, Catalog& catalog) {
  const size_t data = FindData(statement);
  const std::string_view head = statement.substr(0, data);
  const Tokens tokens(head);
  const std::optional<OwnWord> word = FindOwnWord(tokens);
  std::string text = word ? PrintOwn(head, tokens, *word, catalog) : catalog.Print(head);
  RefuseParallel(text);
  // The print leaves out what the engine takes for data: it must be what was cut off before.
  if (FindInsertData(text).has_value() != FindInsertData(statement).has_value()) RefuseDoubt();
  const size_t end = text.size();
  text += statement.substr(data);
  if (FindData(text) != end) RefuseDoubt();
  return text;
}

}  // namespace theflash::sql
