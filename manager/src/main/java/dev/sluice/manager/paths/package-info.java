/**
 * Paths of chains and what serves them on hosts as objects, made of what hosts tell. Threads: {@link dev.sluice.manager.paths.PathService} has one, everything else is called. Specification: X3,
 * V16, V20, V31, ADR 42 and 45. Start reading at {@link dev.sluice.manager.paths.PathTable}.
 */
@NullMarked
package dev.sluice.manager.paths;

import org.jspecify.annotations.NullMarked;
