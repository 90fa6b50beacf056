import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Reads every test report below a folder and prints the tests that were skipped or passed only when
 * run again, one a line: {@code skipped} or {@code again}, the test, the message, with tabs between
 * them. The totals go to stderr. No test at all is a failure.
 */
final class TestReports {
  public static void main(String[] args) throws Exception {
    int tests = 0;
    int skips = 0;
    int agains = 0;
    for (Path report : reportsBelow(Path.of(args[0]))) {
      NodeList cases =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(report.toFile())
              .getElementsByTagName("testcase");
      for (int i = 0; i < cases.getLength(); i++) {
        Element test = (Element) cases.item(i);
        tests++;
        if (test.getElementsByTagName("skipped").item(0) instanceof Element skipped) {
          skips++;
          tell("skipped", test, messageOf(skipped));
        }
        for (String failed : List.of("flakyFailure", "flakyError")) {
          if (test.getElementsByTagName(failed).item(0) instanceof Element first) {
            agains++;
            tell("again", test, messageOf(first));
          }
        }
      }
    }
    System.err.printf(
        "%d tests in the reports, %d of them skipped, %d passed only when run again%n",
        tests, skips, agains);
    if (tests == 0) {
      System.exit(1);
    }
  }

  private static void tell(String what, Element test, String message) {
    System.out.println(what + "\t" + nameOf(test) + "\t" + message);
  }

  private static List<Path> reportsBelow(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> file.toString().matches(".*-reports/TEST-[^/]*\\.xml"))
          .sorted()
          .toList();
    }
  }

  private static String nameOf(Element test) {
    return (test.getAttribute("classname") + "#" + test.getAttribute("name")).replaceAll("\\s+", " ");
  }

  /** The first line as the test wrote it, without what JUnit puts in front of it. */
  private static String messageOf(Element skipped) {
    String text =
        skipped.hasAttribute("message") ? skipped.getAttribute("message") : skipped.getTextContent();
    return text.replaceFirst("^(org\\.opentest4j\\.TestAbortedException: )?(Assumption failed: )?", "")
        .strip()
        .lines()
        .findFirst()
        .orElse("(no message)")
        .replace('\t', ' ');
  }
}
