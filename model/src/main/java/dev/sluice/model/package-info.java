/**
 * The objects users write, as immutable values: reading them from YAML, checking them, looking them up.
 *
 * <p>Purpose: turn files into a {@link dev.sluice.model.Configuration}, or into a list of {@link dev.sluice.model.Problem}s that say
 * file, line, object, field, value and what is allowed. Place: above {@code wire} (address values), below everything that compiles
 * objects into tables. Threads: values are immutable, loading has no shared state; any thread. Specification: "Objects users write"
 * in the architecture; every field is described in {@code docs/reference/objects.md}, which is generated from the tables the readers
 * use. Start reading at {@link dev.sluice.model.ConfigurationLoader}, then one reader, e.g. {@code PortReader}.
 */
@NullMarked
package dev.sluice.model;

import org.jspecify.annotations.NullMarked;
