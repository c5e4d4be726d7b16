/**
 * The fields of what an application is deployed with. Those that concern an election's manifests are typed; of the others
 * it is known that they exist, so that a real manifest is taken and a misspelt one is not.
 */
import { type FieldSchemas, METADATA } from './object-schemas.ts'
import type { ObjectSchema, Schema } from './schema.ts'

const string: Schema = { type: 'string' }
const boolean: Schema = { type: 'boolean' }
const int32: Schema = { type: 'int32' }
const int64: Schema = { type: 'int64' }
const intOrString: Schema = { type: 'intOrString' }
const any: Schema = { type: 'any' }
const strings: Schema = { type: 'map', of: string }
const quantities: Schema = { type: 'map', of: { type: 'quantity' } }

const listOf = (of: Schema): Schema => ({ type: 'list', of })
const struct = (name: string, fields: FieldSchemas): ObjectSchema => ({ type: 'object', name, fields })
const all = (schema: Schema, ...names: string[]): FieldSchemas =>
  Object.fromEntries(names.map((name) => [name, schema]))

const profile = (name: string) => struct(name, all(string, 'type', 'localhostProfile'))

/** What the security contexts of pods and of containers have in common. */
const RUN_AS: FieldSchemas = {
  seLinuxOptions: any,
  windowsOptions: any,
  runAsUser: int64,
  runAsGroup: int64,
  runAsNonRoot: boolean,
  seccompProfile: profile('SeccompProfile'),
  appArmorProfile: profile('AppArmorProfile'),
}

const PROBE = struct('Probe', {
  exec: struct('ExecAction', { command: listOf(string) }),
  httpGet: struct('HTTPGetAction', {
    path: string,
    port: intOrString,
    host: string,
    scheme: string,
    httpHeaders: listOf(struct('HTTPHeader', all(string, 'name', 'value'))),
  }),
  tcpSocket: struct('TCPSocketAction', { port: intOrString, host: string }),
  grpc: struct('GRPCAction', { port: int32, service: string }),
  ...all(int32, 'initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'),
  terminationGracePeriodSeconds: int64,
})

const ENV_VAR = struct('EnvVar', {
  name: string,
  value: string,
  valueFrom: struct('EnvVarSource', {
    fieldRef: struct('ObjectFieldSelector', all(string, 'apiVersion', 'fieldPath')),
    ...all(any, 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'),
  }),
})

const CONTAINER = struct('Container', {
  name: string,
  image: string,
  command: listOf(string),
  args: listOf(string),
  workingDir: string,
  ports: listOf(
    struct('ContainerPort', {
      ...all(string, 'name', 'protocol', 'hostIP'),
      ...all(int32, 'hostPort', 'containerPort'),
    }),
  ),
  envFrom: any,
  env: listOf(ENV_VAR),
  resources: struct('ResourceRequirements', { limits: quantities, requests: quantities, claims: any }),
  ...all(any, 'resizePolicy', 'restartPolicyRules', 'volumeMounts', 'volumeDevices', 'lifecycle'),
  ...all(PROBE, 'livenessProbe', 'readinessProbe', 'startupProbe'),
  ...all(string, 'restartPolicy', 'terminationMessagePath', 'terminationMessagePolicy', 'imagePullPolicy'),
  securityContext: struct('SecurityContext', {
    ...RUN_AS,
    capabilities: struct('Capabilities', all(listOf(string), 'add', 'drop')),
    ...all(boolean, 'privileged', 'readOnlyRootFilesystem', 'allowPrivilegeEscalation'),
    procMount: string,
  }),
  ...all(boolean, 'stdin', 'stdinOnce', 'tty'),
})

const POD_SPEC = struct('PodSpec', {
  ...all(listOf(CONTAINER), 'initContainers', 'containers'),
  ...all(string, 'restartPolicy', 'dnsPolicy', 'serviceAccountName', 'serviceAccount', 'nodeName', 'hostname'),
  ...all(string, 'subdomain', 'schedulerName', 'priorityClassName', 'runtimeClassName', 'preemptionPolicy'),
  hostnameOverride: string,
  ...all(int64, 'terminationGracePeriodSeconds', 'activeDeadlineSeconds'),
  priority: int32,
  ...all(boolean, 'automountServiceAccountToken', 'hostNetwork', 'hostPID', 'hostIPC', 'hostUsers'),
  ...all(boolean, 'shareProcessNamespace', 'enableServiceLinks', 'setHostnameAsFQDN'),
  nodeSelector: strings,
  overhead: quantities,
  securityContext: struct('PodSecurityContext', {
    ...RUN_AS,
    supplementalGroups: listOf(int64),
    fsGroup: int64,
    sysctls: any,
    ...all(string, 'supplementalGroupsPolicy', 'fsGroupChangePolicy', 'seLinuxChangePolicy'),
  }),
  ...all(any, 'volumes', 'ephemeralContainers', 'imagePullSecrets', 'affinity', 'tolerations', 'hostAliases'),
  ...all(any, 'dnsConfig', 'readinessGates', 'topologySpreadConstraints', 'os', 'schedulingGates', 'resourceClaims'),
  ...all(any, 'resources', 'workloadRef'),
})

export const DEPLOYMENT_FIELDS: FieldSchemas = {
  spec: struct('DeploymentSpec', {
    replicas: int32,
    selector: struct('LabelSelector', { matchLabels: strings, matchExpressions: any }),
    template: struct('PodTemplateSpec', { metadata: METADATA, spec: POD_SPEC }),
    strategy: struct('DeploymentStrategy', {
      type: string,
      rollingUpdate: struct('RollingUpdateDeployment', all(intOrString, 'maxUnavailable', 'maxSurge')),
    }),
    ...all(int32, 'minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'),
    paused: boolean,
  }),
  status: any,
}

export const SERVICE_FIELDS: FieldSchemas = {
  spec: struct('ServiceSpec', {
    ports: listOf(
      struct('ServicePort', {
        ...all(string, 'name', 'protocol', 'appProtocol'),
        ...all(int32, 'port', 'nodePort'),
        targetPort: intOrString,
      }),
    ),
    selector: strings,
    ...all(string, 'clusterIP', 'type', 'sessionAffinity', 'loadBalancerIP', 'externalName', 'externalTrafficPolicy'),
    ...all(string, 'ipFamilyPolicy', 'loadBalancerClass', 'internalTrafficPolicy', 'trafficDistribution'),
    ...all(listOf(string), 'clusterIPs', 'externalIPs', 'loadBalancerSourceRanges', 'ipFamilies'),
    ...all(boolean, 'publishNotReadyAddresses', 'allocateLoadBalancerNodePorts'),
    healthCheckNodePort: int32,
    sessionAffinityConfig: any,
  }),
  status: any,
}

export const SERVICE_ACCOUNT_FIELDS: FieldSchemas = {
  secrets: any,
  imagePullSecrets: any,
  automountServiceAccountToken: boolean,
}

export const ROLE_FIELDS: FieldSchemas = {
  rules: listOf(
    struct('PolicyRule', all(listOf(string), 'verbs', 'apiGroups', 'resources', 'resourceNames', 'nonResourceURLs')),
  ),
}

export const ROLE_BINDING_FIELDS: FieldSchemas = {
  subjects: listOf(struct('Subject', all(string, 'kind', 'apiGroup', 'name', 'namespace'))),
  roleRef: struct('RoleRef', all(string, 'apiGroup', 'kind', 'name')),
}
