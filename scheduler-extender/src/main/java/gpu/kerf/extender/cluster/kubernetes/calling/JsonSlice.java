package gpu.kerf.extender.cluster.kubernetes.calling;

/** One object inside a longer text of JSON that is not parsed yet. */
@SuppressWarnings("ArrayRecordComponent")
public record JsonSlice(byte[] bytes, int offset, int length) {}
