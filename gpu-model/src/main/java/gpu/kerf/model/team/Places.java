package gpu.kerf.model.team;

import gpu.kerf.model.fleet.Ledger;
import java.util.List;

/** Where work could go. */
public interface Places {

  /** What there is for a piece of work now. It changes nothing. */
  Answer place(Work work);

  /** Whether all of these places are free now. */
  boolean areFree(List<Ledger.Claim> places);

  /** Places, or why there are none. */
  sealed interface Answer {

    /** One place for each member, in their order. */
    record Found(List<Ledger.Claim> places) implements Answer {
      public Found {
        places = List.copyOf(places);
      }
    }

    /** No place is free. */
    record Full() implements Answer {}

    /**
     * The only free places are being drained.
     *
     * @param work for which they are drained
     */
    record Drained(String work, List<Ledger.Claim> places) implements Answer {
      public Drained {
        places = List.copyOf(places);
      }
    }

    /** There is no place even in the empty fleet. */
    record Impossible() implements Answer {}
  }

  Answer FULL = new Answer.Full();
  Answer IMPOSSIBLE = new Answer.Impossible();
}
