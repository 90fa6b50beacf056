package gpu.kerf.extender.controlplane;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An image of one layer that a test packs itself, because no registry need be reached. */
public final class ContainerImage {
  private static final int EXECUTABLE = 0755;

  /** What busybox is called as. */
  private static final List<String> TOOLS =
      List.of("sh", "cat", "chmod", "echo", "env", "kill", "ls", "rm", "sleep");

  private static final Pattern LIBRARY = Pattern.compile("(/\\S+) \\(0x");

  private final String name;
  private final List<String> command;
  private final Map<String, Path> files = new LinkedHashMap<>();
  private final Map<String, String> links = new LinkedHashMap<>();

  private ContainerImage(String name, List<String> command) {
    this.name = name;
    this.command = command;
  }

  /** An image that runs a command unless its pod says otherwise. */
  public static ContainerImage of(String name, String... command) {
    return new ContainerImage(name, List.of(command));
  }

  /** An image with a shell and the small tools of busybox. */
  public static ContainerImage shell(String name, String script) {
    ContainerImage image =
        of(name, "/bin/sh", "-c", script).file("bin/busybox", NodePrograms.BUSYBOX);
    for (String tool : TOOLS) {
      image.links.put("bin/" + tool, "busybox");
    }
    return image;
  }

  /** Adds a program with the libraries that it is linked with. */
  public ContainerImage program(String path, Path content) {
    Matcher library = LIBRARY.matcher(Tool.run("ldd", content.toString()));
    while (library.find()) {
      file(library.group(1).substring(1), Path.of(library.group(1)));
    }
    return file(path, content);
  }

  /** Adds a program that needs no libraries, or one of those. */
  public ContainerImage file(String path, Path content) {
    files.put(path, content);
    return this;
  }

  /** Writes it as {@code docker save} does. */
  public Path write(Path folder) {
    try {
      Path layer = folder.resolve(name + "-layer.tar");
      writeLayer(layer);
      Path archive = folder.resolve(name + ".tar");
      try (Tar tar = new Tar(Files.newOutputStream(archive))) {
        tar.file("config.json", 0644, config(digest(layer)).getBytes(StandardCharsets.UTF_8));
        tar.file("layer.tar", 0644, layer);
        tar.file("manifest.json", 0644, manifest().getBytes(StandardCharsets.UTF_8));
      }
      Files.delete(layer);
      return archive;
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private void writeLayer(Path layer) throws IOException {
    try (Tar tar = new Tar(Files.newOutputStream(layer))) {
      for (String folder : List.of("bin", "etc", "tmp", "proc", "dev", "sys")) {
        tar.folder(folder, folder.equals("tmp") ? 01777 : EXECUTABLE);
      }
      tar.file("etc/passwd", 0644, "root:x:0:0::/:/bin/sh\n".getBytes(StandardCharsets.UTF_8));
      for (Map.Entry<String, Path> file : files.entrySet()) {
        tar.file(file.getKey(), EXECUTABLE, file.getValue());
      }
      for (Map.Entry<String, String> link : links.entrySet()) {
        tar.link(link.getKey(), link.getValue());
      }
    }
  }

  private String config(String layer) {
    return """
        {"architecture":"%s","os":"linux",
         "config":{"Env":["PATH=/bin"],"Cmd":["%s"]},
         "rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}
        """
        .formatted(
            System.getProperty("os.arch").replace("aarch64", "arm64"),
            String.join("\",\"", command.stream().map(ContainerImage::escaped).toList()),
            layer);
  }

  private static String escaped(String word) {
    return word.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  private String manifest() {
    return "[{\"Config\":\"config.json\",\"RepoTags\":[\"%s:latest\"],\"Layers\":[\"layer.tar\"]}]"
        .formatted(name);
  }

  private static String digest(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (DigestInputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
        in.transferTo(OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
