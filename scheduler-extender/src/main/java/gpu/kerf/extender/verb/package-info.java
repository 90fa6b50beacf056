/**
 * The verbs that kube-scheduler calls: filter, prioritize, bind and preempt, as plain Java over the
 * ledger.
 */
@NullMarked
package gpu.kerf.extender.verb;

import org.jspecify.annotations.NullMarked;
