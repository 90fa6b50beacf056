package gpu.kerf.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class BenchCommandTest {

  @Test
  void benchmarksAreListed() {
    KerfRun run = KerfRun.of("bench", "--list", "ScoreBenchmark.placer");

    assertThat(run.code()).isZero();
    assertThat(run.out().strip()).isEqualTo("gpu.kerf.bench.jmh.ScoreBenchmark.placer");
  }

  @Test
  void aNameThatNoBenchmarkHasIsWrongUsage() {
    KerfRun run = KerfRun.of("bench", "nothing-like-it");

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("(nothing-like-it)").contains("--list");
  }

  @Test
  void whatIsNoRegularExpressionIsWrongUsage() {
    assertThat(KerfRun.of("bench", "(").code()).isEqualTo(2);
    assertThat(KerfRun.of("bench", "--forks", 0).code()).isEqualTo(2);
  }
}
