package gpu.kerf.bench.replay.input;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A file of UTF-8 text and its lines that are not blank. A byte order mark and the line ends of any
 * system are taken away.
 */
public record TextFile(Path path, List<Line> lines) {

  /** One line, numbered from 1 as editors do. */
  public record Line(int number, String text) {}

  public TextFile {
    lines = List.copyOf(lines);
  }

  public static TextFile read(Path path) throws IOException {
    String text = decode(path, bytes(path));
    List<Line> lines = new ArrayList<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      if (!line.isBlank()) {
        lines.add(new Line(number, line));
      }
    }
    if (lines.isEmpty()) {
      throw InputException.inFile(path, "the file is empty.", "Maybe it was not fully written.");
    }
    return new TextFile(path, lines);
  }

  private static byte[] bytes(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      throw InputException.inFile(path, "is a folder.", "Name a file in it.");
    }
    try {
      return Files.readAllBytes(path);
    } catch (NoSuchFileException e) {
      throw InputException.inFile(path, "no such file.", "Check the path.");
    }
  }

  private static String decode(Path path, byte[] bytes) throws IOException {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return text.startsWith("\ufeff") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw InputException.inFile(
          path, "is not UTF-8 text.", "Maybe it is compressed, or in another encoding.");
    }
  }
}
