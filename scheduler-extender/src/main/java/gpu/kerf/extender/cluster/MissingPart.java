package gpu.kerf.extender.cluster;

/**
 * Something that the cluster lacks, and that Kerf needs for all of its work.
 *
 * @param what is missing and what follows from that, as a sentence
 * @param hint what to do, as a sentence
 */
public record MissingPart(String what, String hint) {

  @Override
  public String toString() {
    return what + " " + hint;
  }
}
