/**
 * The configuration in force: which one a node boots with, how a change becomes one, how it is confirmed, taken back and remembered.
 *
 * <p>Place: above {@code compile} and {@code history}. Threads: the control thread; watching files has one of its own. Specification: X9, F8. Start reading at
 * {@link dev.sluice.agent.configuration.ConfigurationLife}, then {@link dev.sluice.agent.configuration.Boot}.
 */
@NullMarked
package dev.sluice.agent.configuration;

import org.jspecify.annotations.NullMarked;
