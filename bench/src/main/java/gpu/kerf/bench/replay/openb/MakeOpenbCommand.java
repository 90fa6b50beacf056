package gpu.kerf.bench.replay.openb;

import gpu.kerf.bench.replay.Output;
import gpu.kerf.bench.replay.input.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kerf replay make-openb}: writes a synthetic trace in the form of the openb traces. */
@Command(
    name = "make-openb",
    description = {
      "Writes a synthetic trace for kerf replay openb.",
      "",
      "It writes the files nodes.csv, pods.csv and order.txt.",
      "",
      "The shapes: default has all kinds of pods; cpu-heavy has twice the pods without GPUs, each"
          + " with twice the CPU; share-only has no whole GPUs; multi-gpu has many pods with 2, 4 or"
          + " 8 GPUs; in typed, a third of the pods name the models that they run on.",
      "",
      "With --like, the pods of the public traces in --from are mixed anew. cpu200: 200 of 1000 pods"
          + " ask for no GPU. gpushare60: 60 %% of the demanded GPUs are demanded as shares."
          + " multigpu30: 30 %% of them are demanded by pods with several GPUs. gpuspec33: 33 %% of"
          + " the pods with GPUs name models.",
      ""
    },
    footerHeading = "%nExample:%n",
    footer = {
      "  kerf replay make-openb --shape cpu-heavy --seed 7 --out trace",
      "  kerf replay openb --nodes trace/nodes.csv --pods trace/pods.csv \\",
      "    --order trace/order.txt"
    })
public final class MakeOpenbCommand implements Callable<Integer> {

  private static final int MOST_NODES = 100_000;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Output output = new Output();

  @Option(
      names = "--shape",
      paramLabel = "NAME",
      defaultValue = "default",
      description =
          "default, cpu-heavy, share-only, multi-gpu or typed. Default: ${DEFAULT-VALUE}.")
  private String shape = "";

  @Option(
      names = "--like",
      paramLabel = "NAME",
      description = "cpuN, gpushareN, multigpuN or gpuspecN instead of a shape; needs --from.")
  private @Nullable String like;

  @Option(
      names = "--from",
      paramLabel = "DIR",
      description = "The folder with the public openb traces, for --like.")
  private @Nullable Path from;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "300",
      description = "How many nodes. Default: ${DEFAULT-VALUE}.")
  private int nodes;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "The same seed gives the same trace. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "The folder to write to; it is created if it does not exist.")
  private Path out = Path.of("");

  @Override
  public Integer call() throws IOException {
    if (nodes < 1 || nodes > MOST_NODES) {
      throw new ParameterException(
          spec.commandLine(),
          "The --nodes (%d) must be between 1 and %,d.".formatted(nodes, MOST_NODES));
    }
    MadeTrace trace = like == null ? new TraceMaker(shape(), nodes, seed).make() : lookAlike(like);
    Map<String, List<String>> files = new LinkedHashMap<>();
    files.put("nodes.csv", trace.nodeLines());
    files.put("pods.csv", trace.podLines());
    files.put("order.txt", trace.orderLines());
    write(files);
    tell(trace);
    return 0;
  }

  private MadeTrace lookAlike(String name) throws IOException {
    if (!LookAlike.isKnown(name)) {
      throw new ParameterException(
          spec.commandLine(),
          "The --like (%s) is not known.%nMaybe cpu200, gpushare60, multigpu30 or gpuspec33."
              .formatted(name));
    }
    if (from == null) {
      throw new ParameterException(
          spec.commandLine(), "With --like, --from must name the folder of the public traces.");
    }
    return new LookAlike(from, seed).make(name);
  }

  private Shape shape() {
    for (Shape each : Shape.ALL) {
      if (each.word().equals(shape)) {
        return each;
      }
    }
    throw new ParameterException(
        spec.commandLine(),
        "The --shape (%s) is not known.%nWrite one of %s."
            .formatted(shape, String.join(", ", Shape.words())));
  }

  private void write(Map<String, List<String>> files) throws IOException {
    for (String name : files.keySet()) {
      if (Files.exists(out.resolve(name))) {
        throw InputException.inFile(
            out.resolve(name), "is there already.", "Name another folder, or remove it.");
      }
    }
    Files.createDirectories(out);
    for (Map.Entry<String, List<String>> file : files.entrySet()) {
      Files.write(out.resolve(file.getKey()), file.getValue());
    }
  }

  private void tell(MadeTrace trace) {
    int nodes = trace.nodeLines().size() - 1;
    int pods = trace.pods().size();
    if (output.isJson()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("nodes", out.resolve("nodes.csv").toString());
      json.put("pods", out.resolve("pods.csv").toString());
      json.put("order", out.resolve("order.txt").toString());
      json.put("nodeCount", nodes);
      json.put("gpuCount", trace.gpus());
      json.put("podCount", pods);
      json.put("arrivalCount", trace.order().size());
      output.printJson(json);
      return;
    }
    output
        .results()
        .printf(
            "%s: %,d nodes with %,d GPUs, %,d pods, %,d arrivals%n",
            out, nodes, trace.gpus(), pods, trace.order().size());
  }
}
