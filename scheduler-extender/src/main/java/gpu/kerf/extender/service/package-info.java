/**
 * Assembles the service: verbs, ledger, HTTP server and cluster; warms it up before it is ready.
 */
@NullMarked
package gpu.kerf.extender.service;

import org.jspecify.annotations.NullMarked;
