package gpu.kerf.bench.replay.teams;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kerf replay make-teams}: writes a fleet, teams and jobs for {@code replay teams}. */
@Command(
    name = "make-teams",
    description = {
      "Writes fleet.yaml, teams.yaml and jobs.jsonl for kerf replay teams into a folder.",
      "",
      "Shapes:",
      "  bank      fraud by day, research always, analytics at night with a window; 40 GPUs",
      "  research  two departments, and groups that all want more than they have; 64 GPUs",
      "  bursty    teams that ask for nothing for hours and then for much; 48 GPUs",
      "",
      "Jobs ask for parts of a GPU, for 1 to 8 whole GPUs, or for gangs of 2 to 4 such pods. Their"
          + " run times are log-normal (sigma 1, median 30 minutes, at most 8 hours).",
      ""
    },
    footerHeading = "%nExample:%n",
    footer = "  kerf replay make-teams --shape bank --seed 1 --out bank")
public final class MakeTeamsCommand implements Callable<Integer> {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--shape",
      paramLabel = "NAME",
      required = true,
      description = "bank, research or bursty.")
  private String shapeName = "";

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "The same seed gives the same jobs. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--days",
      paramLabel = "N",
      defaultValue = "5",
      description = "For how many days jobs come. Default: ${DEFAULT-VALUE}.")
  private int days;

  @Option(
      names = "--demand",
      paramLabel = "PERCENT",
      description =
          "What all jobs ask for, in percent of the GPU time until the last one comes. Default:"
              + " between 90 and 110, by the seed.")
  private int demand;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "The folder; it is made if it is missing.")
  private Path folder = Path.of("");

  @Override
  public Integer call() throws IOException {
    TeamShape shape = TeamShape.of(shapeName);
    refuseUnless(
        shape != null,
        "The shape (%s) is not known.%nThe shapes are: %s."
            .formatted(shapeName, TeamShape.words()));
    refuseUnless(
        days >= 1 && days <= 365, "The --days (%d) must be between 1 and 365.".formatted(days));
    refuseUnless(
        demand >= 0 && demand <= 1000,
        "The --demand (%d) must be between 1 and 1000.".formatted(demand));
    if (shape != null) {
      double part = (demand > 0 ? demand : 90 + new Random(seed).nextInt(21)) / 100.0;
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("fleet.yaml"), shape.fleet());
      Files.writeString(folder.resolve("teams.yaml"), shape.teams());
      Files.write(folder.resolve("jobs.jsonl"), new MadeJobs(shape, seed, days).lines(part));
    }
    return 0;
  }

  private void refuseUnless(boolean valid, String text) {
    if (!valid) {
      throw new ParameterException(spec.commandLine(), text);
    }
  }
}
