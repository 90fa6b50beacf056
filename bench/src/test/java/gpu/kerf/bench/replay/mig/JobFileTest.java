package gpu.kerf.bench.replay.mig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class JobFileTest {
  private static final String FIRST =
      "{\"jobID\":\"a\",\"computeCoreMS\":1400,\"memoryMB\":10240,\"arrivalMS\":5}\n";

  @TempDir private Path folder = Path.of("");

  @Test
  void runtimeIsWorkByPercentRoundedUp() throws IOException {
    List<Job> jobs =
        read(
            job("a", 1_400, 10_240, 0)
                + job("b", 1_401, 10_240, 0)
                + job("c", 2_801, 20_480, 0)
                + job("d", 41, 40_960, 0)
                + job("e", 1_000, 81_920, 0));

    // 1400/14 = 100; 1401/14 = 100.07; 2801/28 = 100.04; 41/42 < 1; 1000/100 = 10
    assertThat(jobs).extracting(Job::runMs).containsExactly(100L, 101L, 101L, 1L, 10L);
    assertThat(jobs).extracting(Job::profile).containsExactly(0, 0, 2, 3, 5);
  }

  @Test
  void jobsComeByArrivalFromAnyOrderInTheFile() throws IOException {
    List<Job> jobs =
        read(job("late", 1, 10_240, 9) + job("b", 1, 10_240, 3) + job("a", 1, 10_240, 3));

    assertThat(jobs).extracting(Job::id).containsExactly("b", "a", "late");
  }

  @Test
  void otherKeysForeignLineEndsAndNumbersAsNamesAreTaken() throws IOException {
    List<Job> jobs =
        read(
            "\ufeff{\"arrivalMS\":5.0,\"memoryMB\":10240,\"computeCoreMS\":1.4e3,\"jobID\":7,"
                + "\"profile\":\"1g\"}\r\n\r\n"
                + FIRST);

    assertThat(jobs).containsExactly(new Job("7", 0, 100, 5), new Job("a", 0, 100, 5));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "{\"jobID\":\"b\",\"memoryMB\":10240,\"arrivalMS\":5} # key computeCoreMS: the value is missing",
        "{\"jobID\":\"b\",\"computeCoreMS\":null,\"memoryMB\":10240,\"arrivalMS\":5} # key computeCoreMS: the value is missing",
        "{\"jobID\":\"b\",\"computeCoreMS\":0,\"memoryMB\":10240,\"arrivalMS\":5} # key computeCoreMS: (0) is out of range",
        "{\"jobID\":\"b\",\"computeCoreMS\":-1,\"memoryMB\":10240,\"arrivalMS\":5} # key computeCoreMS: (-1) is out of range",
        "{\"jobID\":\"b\",\"computeCoreMS\":1.5,\"memoryMB\":10240,\"arrivalMS\":5} # key computeCoreMS: (1.5) is not a whole number",
        "{\"jobID\":\"b\",\"computeCoreMS\":\"14\",\"memoryMB\":10240,\"arrivalMS\":5} # key computeCoreMS: (\"14\") is not a whole number",
        "{\"jobID\":\"b\",\"computeCoreMS\":99999999999999999999,\"memoryMB\":10240,\"arrivalMS\":5} # key computeCoreMS: (99999999999999999999) is out of range",
        "{\"jobID\":\"b\",\"computeCoreMS\":14,\"memoryMB\":10000,\"arrivalMS\":5} # key memoryMB: (10000) is no MIG profile's",
        "{\"jobID\":\"b\",\"computeCoreMS\":14,\"memoryMB\":10240,\"arrivalMS\":-5} # key arrivalMS: (-5) is out of range",
        "{\"jobID\":\"a\",\"computeCoreMS\":14,\"memoryMB\":10240,\"arrivalMS\":5} # key jobID: \"a\" stands there for the second time",
        "{\"jobID\":\"\",\"computeCoreMS\":14,\"memoryMB\":10240,\"arrivalMS\":5} # key jobID: \"\" is no name",
        "{\"jobID\":[],\"computeCoreMS\":14,\"memoryMB\":10240,\"arrivalMS\":5} # key jobID: [] is no name",
        "{\"jobID\":\"b\",\"jobID\":\"c\",\"computeCoreMS\":14,\"memoryMB\":10240,\"arrivalMS\":5} # Duplicate field 'jobID'",
        "{\"jobID\":\"b\" # is not JSON",
        "{} {} # is not JSON",
        "[] # ([]) is not an object",
        "7 # (7) is not an object",
      })
  void aWrongLineIsNamed(String line, String problem) {
    assertThatThrownBy(() -> read(FIRST + line))
        .hasMessageContaining("jobs.jsonl, line 2")
        .hasMessageContaining(problem);
  }

  @Test
  void aFileWithoutJobsIsRefused() {
    assertThatThrownBy(() -> read("\n")).hasMessageContaining("the file is empty");
  }

  private static String job(String id, long work, int memory, long arrival) {
    return "{\"jobID\":\"%s\",\"computeCoreMS\":%d,\"memoryMB\":%d,\"arrivalMS\":%d}\n"
        .formatted(id, work, memory, arrival);
  }

  private List<Job> read(String text) throws IOException {
    return JobFile.read(Files.writeString(folder.resolve("jobs.jsonl"), text));
  }
}
