package gpu.kerf.extender.dialect;

/** The documentation's tables of all words. */
public final class WordTables {

  private WordTables() {}

  /** A heading and a table for each dialect. */
  public static String of(Dialects dialects) {
    StringBuilder out = new StringBuilder();
    for (Dialect dialect : dialects.each()) {
      out.append("\n### Words of ").append(dialect.name()).append("\n\n");
      out.append("| word | stands in | how it is read |\n|---|---|---|\n");
      for (Word word : dialect.words()) {
        out.append("| `").append(word.key()).append("` | ").append(word.place().shown());
        out.append(" | ").append(meaning(word)).append(" |\n");
      }
    }
    return out.append('\n').toString();
  }

  private static String meaning(Word word) {
    return word.role() == Word.Role.REFUSED
        ? "Refused: it " + word.meaning() + ". " + word.hint() + "."
        : word.meaning();
  }
}
