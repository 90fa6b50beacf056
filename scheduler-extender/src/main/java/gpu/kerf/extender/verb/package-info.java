/** What kube-scheduler asks: filter, prioritize, bind, preempt; plain Java over the ledger. */
@NullMarked
package gpu.kerf.extender.verb;

import org.jspecify.annotations.NullMarked;
