/**
 * What happens, as numbered CloudEvents: a ring of the latest in {@link
 * gpu.kerf.extender.stream.EventLog}, which clients read, and which one HTTP sink is sent. To tell
 * of something new, write a record that implements {@link gpu.kerf.extender.stream.EventData} and
 * add it to the log.
 */
@NullMarked
package gpu.kerf.extender.stream;

import org.jspecify.annotations.NullMarked;
