package gpu.kerf.bench.replay.mig;

import java.io.PrintWriter;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kerf replay make-jobs}: writes a synthetic trace of jobs. */
@Command(
    name = "make-jobs",
    description = {
      "Prints a synthetic trace for kerf replay jobs.",
      "",
      "Jobs arrive at random (Poisson), one a minute on average. Of 90 jobs, 35 ask for 10240 MB, 25"
          + " for 20480 MB, 25 for 40960 MB and 5 for 81920 MB. Their work is log-normal (sigma 1) for"
          + " every size, scaled so that the sum is the given load of the GPUs until the last"
          + " arrival.",
      ""
    },
    footerHeading = "%nExample:%n",
    footer = "  kerf replay make-jobs --seed 1 --jobs 500 --load 1.4 --gpus 8 > jobs.jsonl")
public final class MakeJobsCommand implements Callable<Integer> {

  private static final int[] WEIGHTS = {35, 25, 25, 5};
  private static final int WEIGHT = 90;
  private static final double MEAN_GAP_MS = 60_000;
  private static final int MOST_JOBS = 10_000_000;
  private static final double MOST_LOAD = 100;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "The same seed gives the same jobs. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      defaultValue = "500",
      description = "How many jobs. Default: ${DEFAULT-VALUE}.")
  private int jobs;

  @Option(
      names = "--load",
      paramLabel = "N",
      defaultValue = "1.4",
      description =
          "The demanded compute as a part of the GPUs' compute. Default: ${DEFAULT-VALUE}.")
  private double load;

  @Option(
      names = "--gpus",
      paramLabel = "N",
      defaultValue = "8",
      description = "The number of GPUs for which the load is computed. Default: ${DEFAULT-VALUE}.")
  private int gpus;

  @Override
  public Integer call() {
    refuseUnless(jobs >= 2 && jobs <= MOST_JOBS, "--jobs (" + jobs + ")", "2 and 10000000");
    refuseUnless(load >= 0.01 && load <= MOST_LOAD, "--load (" + load + ")", "0.01 and 100");
    refuseUnless(gpus >= 1 && gpus <= Card.MOST_GPUS, "--gpus (" + gpus + ")", "1 and 100000");
    print(spec.commandLine().getOut());
    return 0;
  }

  private void refuseUnless(boolean valid, String option, String range) {
    if (!valid) {
      throw new ParameterException(
          spec.commandLine(), "The " + option + " must be between " + range + ".");
    }
  }

  private void print(PrintWriter out) {
    Random random = new Random(seed);
    double[] arrival = new double[jobs];
    double[] work = new double[jobs];
    Job.Size[] size = new Job.Size[jobs];
    double asked = 0;
    for (int i = 0; i < jobs; i++) {
      arrival[i] = i == 0 ? 0 : arrival[i - 1] - MEAN_GAP_MS * Math.log(1 - random.nextDouble());
      size[i] = size(random);
      work[i] = Math.exp(random.nextGaussian());
      asked += work[i] / size[i].percent() * Card.computeSlices(size[i].index());
    }
    double there = arrival[jobs - 1] * gpus * Card.COMPUTE_SLICES;
    double scale = load * there / asked;
    for (int i = 0; i < jobs; i++) {
      long computeCoreMs = Math.max(1, Math.round(work[i] * scale));
      out.printf(
          "{\"jobID\":\"job-%06d\",\"computeCoreMS\":%d,\"memoryMB\":%d,\"arrivalMS\":%d}%n",
          i, computeCoreMs, size[i].memoryMb(), (long) arrival[i]);
    }
    out.flush();
  }

  private static Job.Size size(Random random) {
    int place = random.nextInt(WEIGHT);
    int size = 0;
    while (place >= WEIGHTS[size]) {
      place -= WEIGHTS[size++];
    }
    return Job.SIZES.get(size);
  }
}
