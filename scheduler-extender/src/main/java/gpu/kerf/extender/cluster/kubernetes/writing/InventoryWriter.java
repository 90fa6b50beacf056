package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.InventoryRecord;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.GpuCatalog;
import java.io.IOException;
import java.util.Map;

/** Writes the inventory of one node on it, if that is another than the node has. */
public final class InventoryWriter {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ApiServer server;
  private final String path;

  /**
   * @throws IllegalArgumentException if no node can have that name
   */
  public InventoryWriter(ApiServer server, String node) {
    this.server = server;
    this.path = "/api/v1/nodes/" + ApiRequest.segment(node);
  }

  /**
   * Whether the node had another inventory before.
   *
   * @throws WireException if Kerf could not use the inventory; then the node keeps what it has
   * @throws IOException if the API server could not be asked, or refused
   */
  public boolean write(String inventory) throws IOException, WireException {
    InventoryRecord.parse(inventory, GpuCatalog.builtIn());
    ApiReply node = send(ApiRequest.get(path, Map.of()));
    String before = node.json().at("/metadata/annotations").path(Annotations.INVENTORY).asText("");
    if (before.equals(inventory)) {
      return false;
    }
    ObjectNode body = JSON.createObjectNode();
    body.putObject("metadata").putObject("annotations").put(Annotations.INVENTORY, inventory);
    send(ApiRequest.patch(path, ApiRequest.MERGE_PATCH, body.toString()));
    return true;
  }

  private ApiReply send(ApiRequest request) throws IOException {
    ApiReply reply = server.send(request);
    if (!reply.ok()) {
      throw new IOException(reply.problem());
    }
    return reply;
  }
}
