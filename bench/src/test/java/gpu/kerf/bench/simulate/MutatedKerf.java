package gpu.kerf.bench.simulate;

import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/** Kerf without one of its repairs, in class loaders of its own. */
final class MutatedKerf {
  private final Path classes;

  private MutatedKerf(Path classes) {
    this.classes = classes;
  }

  static MutatedKerf compile(Map<String, String> sources, Path folder) throws IOException {
    List<String> files = new ArrayList<>();
    for (Map.Entry<String, String> each : sources.entrySet()) {
      Path file = folder.resolve("sources").resolve(Path.of(each.getKey()).getFileName());
      Files.createDirectories(file.getParent());
      Files.writeString(file, each.getValue());
      files.add(file.toString());
    }
    Path classes = Files.createDirectories(folder.resolve("classes"));
    List<String> arguments = new ArrayList<>(List.of("-nowarn", "-proc:none", "-d"));
    arguments.add(classes.toString());
    arguments.add("-cp");
    arguments.add(System.getProperty("java.class.path"));
    arguments.addAll(files);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    boolean compiled =
        compiler
            .getTask(said, null, null, arguments.subList(0, 6), null, units(compiler, files))
            .call();
    if (!compiled) {
      throw new IllegalStateException(said.toString());
    }
    return new MutatedKerf(classes);
  }

  private static Iterable<? extends javax.tools.JavaFileObject> units(
      JavaCompiler compiler, List<String> files) {
    return compiler.getStandardFileManager(null, null, null).getJavaFileObjectsFromStrings(files);
  }

  /** What goes wrong in a simulation of it; nothing if all is well. */
  String simulate(String seed, String events, String faults, String parts)
      throws ReflectiveOperationException {
    try (URLClassLoader loader = new URLClassLoader(urls(), ClassLoader.getPlatformClassLoader())) {
      return (String)
          loader
              .loadClass(SimulationMain.class.getName())
              .getMethod("problem", String.class, String.class, String.class, String.class)
              .invoke(null, seed, events, faults, parts);
    } catch (InvocationTargetException e) {
      throw new IllegalStateException(e.getCause());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private URL[] urls() throws MalformedURLException {
    List<URL> urls = new ArrayList<>();
    urls.add(classes.toUri().toURL());
    for (String each :
        System.getProperty("java.class.path").split(java.io.File.pathSeparator, -1)) {
      urls.add(Path.of(each).toUri().toURL());
    }
    return urls.toArray(URL[]::new);
  }
}
