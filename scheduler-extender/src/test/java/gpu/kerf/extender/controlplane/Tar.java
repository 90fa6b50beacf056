package gpu.kerf.extender.controlplane;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Writes a tar archive of files that belong to root and have no dates. */
final class Tar implements AutoCloseable {
  private static final int BLOCK = 512;
  private static final int NAME_END = 100;
  private static final int SUM_AT = 148;

  private final OutputStream out;

  Tar(OutputStream out) {
    this.out = out;
  }

  void folder(String name, int mode) throws IOException {
    out.write(header(name + "/", mode, 0, '5', ""));
  }

  void link(String name, String target) throws IOException {
    out.write(header(name, 0777, 0, '2', target));
  }

  void file(String name, int mode, byte[] content) throws IOException {
    out.write(header(name, mode, content.length, '0', ""));
    out.write(content);
    pad(content.length);
  }

  void file(String name, int mode, Path content) throws IOException {
    long size = Files.size(content);
    out.write(header(name, mode, size, '0', ""));
    Files.copy(content, out);
    pad(size);
  }

  @Override
  public void close() throws IOException {
    out.write(new byte[2 * BLOCK]);
    out.close();
  }

  private void pad(long size) throws IOException {
    out.write(new byte[Math.floorMod(-size, BLOCK)]);
  }

  private static byte[] header(String name, int mode, long size, char type, String target) {
    byte[] header = new byte[BLOCK];
    if (name.length() > NAME_END) {
      throw new IllegalArgumentException("%s is longer than tar takes.".formatted(name));
    }
    put(header, 0, name);
    put(header, 100, "%07o".formatted(mode));
    put(header, 108, "%07o".formatted(0));
    put(header, 116, "%07o".formatted(0));
    put(header, 124, "%011o".formatted(size));
    put(header, 136, "%011o".formatted(0));
    Arrays.fill(header, SUM_AT, SUM_AT + 8, (byte) ' ');
    header[156] = (byte) type;
    put(header, 157, target);
    put(header, 257, "ustar\00000");
    int sum = 0;
    for (byte one : header) {
      sum += one & 0xff;
    }
    put(header, SUM_AT, "%06o".formatted(sum) + "\0");
    return header;
  }

  private static void put(byte[] header, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }
}
