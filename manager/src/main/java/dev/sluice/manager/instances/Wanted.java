package dev.sluice.manager.instances;

import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.model.ServiceDeployment;
import java.util.Optional;

/**
 * What the instances of a deployment are to be like.
 *
 * @param deployment the object
 * @param spec what it says
 * @param image what its service is made from; empty: the service does not say
 */
record Wanted(ManagedObject deployment, ServiceDeployment.Spec spec, Optional<String> image) {}
