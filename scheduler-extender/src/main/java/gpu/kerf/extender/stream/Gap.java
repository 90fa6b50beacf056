package gpu.kerf.extender.stream;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.access.Viewer;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/**
 * Says that events are missing.
 *
 * @param after the position from which a reader wanted to go on
 * @param resumes the number of the event with which it goes on
 * @param lost how many numbers are missing; 0 if that is not known
 */
public record Gap(Reason reason, Position after, long resumes, long lost) implements EventData {

  /** Why events are missing. */
  public enum Reason {
    /** The position is of an earlier start of the service, or of another replica. */
    RESTARTED,
    /** There is no event of this number yet. */
    UNKNOWN,
    /** The ring is too small for how far behind the reader was. */
    OVERWRITTEN
  }

  /** This gap and the next one, of which no reader was told between. */
  Gap and(Gap next) {
    return new Gap(reason, after, next.resumes, lost + next.lost);
  }

  @Override
  public String type() {
    return PREFIX + "stream.gap.v1";
  }

  @Override
  public String subject() {
    return "stream";
  }

  @Override
  public String key() {
    return subject();
  }

  @Override
  public List<String> namespaces() {
    return List.of();
  }

  @Override
  public boolean isSeenBy(Viewer viewer) {
    return true;
  }

  @Override
  public void write(JsonGenerator out, Viewer viewer) throws IOException {
    out.writeStringField("reason", reason.name().toLowerCase(Locale.ROOT));
    out.writeStringField("after", after.toString());
    out.writeNumberField("resumes", resumes);
    if (reason == Reason.OVERWRITTEN) {
      out.writeNumberField("lost", lost);
    }
  }
}
