/**
 * Paths of chains as objects, made of what hosts tell of them. Threads: {@link dev.sluice.manager.paths.PathService} has one, everything else is called. Specification: X3,
 * V16, ADR 42. Start reading at {@link dev.sluice.manager.paths.PathTable}.
 */
@NullMarked
package dev.sluice.manager.paths;

import org.jspecify.annotations.NullMarked;
