/** What other folders use of the lab. */
export { registerLabCommands } from './cli';
export { dialInLab, forwardPort, getFromLab, labAgent, type InsideAddress } from './forward';
export { NoLab, runningLab, type LabHandle } from './handle';
export { appliedFaults, breakLab, healLab, UnknownFault, type AppliedFault } from './injection/engine';
export { loadFaults, type Fault } from './injection/fault-file';
export { labDown } from './lab-down';
export { labStatus, type LabStatus, type RunningLabStatus } from './lab-status';
export { labUp, type LabUpOptions } from './lab-up';
export { captureInLab, enterArgs, runInLab } from './namespaces';
export { defaultLabDir, labPaths, type LabPaths } from './paths';
export * as LAB from './settings';
