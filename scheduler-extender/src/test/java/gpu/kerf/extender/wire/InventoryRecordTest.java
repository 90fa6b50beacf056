package gpu.kerf.extender.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InventoryRecordTest {

  private static InventoryRecord parse(String json) throws WireException {
    return InventoryRecord.parse(json, GpuCatalog.builtIn());
  }

  @Test
  void everythingThatANodeTellsIsRead() throws WireException {
    InventoryRecord record =
        parse(
            """
            {"v":1,"gpus":[
              {"index":0,"uuid":"GPU-5d","model":"H100-80GB","memoryMiB":81559,"mode":"plain","numa":0},
              {"index":1,"uuid":"GPU-8a","model":"NVIDIA H100 80GB HBM3","memoryMiB":81559,"mode":"mig",
               "numa":0,"instances":[{"uuid":"MIG-7c","profile":"1g.10gb","start":4}],"later":{}},
              {"index":2,"model":"H100-80GB","mode":"mig-dynamic","numa":1}],
             "links":[{"a":0,"b":1,"kind":"nvlink","count":18}],"agent":"x"}
            """);
    assertThat(record.gpus()).extracting(GpuSpec::uuid).containsExactly("GPU-5d", "GPU-8a", null);
    assertThat(record.gpus())
        .extracting(GpuSpec::mode)
        .containsExactly(GpuMode.PLAIN, GpuMode.MIG, GpuMode.MIG_DYNAMIC);
    assertThat(record.gpus().get(1).instances())
        .singleElement()
        .satisfies(instance -> assertThat(instance.uuid()).isEqualTo("MIG-7c"))
        .satisfies(instance -> assertThat(instance.start()).isEqualTo(4));
    assertThat(record.gpus().get(2).memoryMiB()).isEqualTo(81559);
    assertThat(record.topology().distance(0, 1)).isLessThan(record.topology().distance(0, 2));
  }

  @Test
  void anUnknownCardIsSharedOrGivenWhole() throws WireException {
    GpuSpec gpu =
        parse("{\"v\":1,\"gpus\":[{\"index\":0,\"model\":\"X1\",\"memoryMiB\":9000}]}")
            .gpus()
            .get(0);
    assertThat(gpu.model().name()).isEqualTo("X1");
    assertThat(gpu.shareableMiB()).isEqualTo(9000);
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | has the version (0), not 1",
        "{\"v\":1,\"gpus\":{}} | at /gpus must be an array",
        "{\"v\":1,\"gpus\":[{\"model\":\"T4\"}]} | at /gpus/0 is the GPU with the index (-1)",
        "{\"v\":1,\"gpus\":[{\"index\":1,\"model\":\"T4\"}]} | where 0 is expected",
        "{\"v\":1,\"gpus\":[{\"index\":0}]} | The model () with the memory (0 MiB) is not known",
        "{\"v\":1,\"gpus\":[{\"index\":0,\"model\":\"T4\",\"mode\":\"mig\"}]} | which has no MIG",
        "{\"v\":1,\"gpus\":[{\"index\":0,\"model\":\"T4\",\"mode\":\"x\"}]} | The GPU mode (x)",
        "{\"v\":1,\"gpus\":[{\"index\":0,\"model\":\"T4\",\"memoryMiB\":-5}]} | GPU 0",
        "{\"v\":1,\"gpus\":[{\"index\":0,\"model\":\"T4\",\"memoryMiB\":\"1Gi\"}]} | whole number",
        "{\"v\":1,\"links\":[{\"a\":0,\"b\":1,\"kind\":\"nvlink\"}]} | none of the 0 GPUs",
        "{\"v\":1,\"links\":[{\"a\":0,\"b\":1,\"kind\":\"rope\"}]} | a link of the kind (rope)",
        "{\"v\":1,\"v\":1} | at /v stands there twice",
      })
  void aMalformedRecordSaysWhatIsWrongAndWhere(String json, String words) {
    assertThatThrownBy(() -> parse(json))
        .isInstanceOf(WireException.class)
        .hasMessageContaining(words);
  }
}
