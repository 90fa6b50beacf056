package gpu.kerf.extender.settings;

/**
 * A problem with one setting.
 *
 * @param path where it stands in the tree, such as {@code limits.body}; empty for a whole source
 * @param value what was written
 * @param from its source: a file, an environment variable or the command line
 * @param what what is wrong with it
 * @param hint what to write instead
 */
public record SettingProblem(String path, String value, String from, String what, String hint) {

  @Override
  public String toString() {
    String subject = path.isEmpty() ? from : path + " (" + value + ", from " + from + ")";
    return subject + " " + what + (hint.isEmpty() ? "" : "\n  " + hint);
  }
}
