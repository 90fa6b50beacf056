package gpu.kerf.extender.cluster.kubernetes;

/** One object inside a longer text of JSON, not read yet. */
@SuppressWarnings("ArrayRecordComponent")
record Piece(byte[] bytes, int offset, int length) {}
