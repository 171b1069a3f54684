export default {
  zh: {
    welcome: '登录一网',
    username: '用户名',
    password: '密码',
    wrong: '用户名或密码不对。',
    blocked: '试错次数过多，请 {minutes} 分钟后再试。',
    demo: '演示用户',
    demoNote: '仅在本机演示模式下提供，口令均为 yiwang-demo。',
  },
  en: {
    welcome: 'Sign in to Yiwang',
    username: 'User name',
    password: 'Password',
    wrong: 'User name or password is wrong.',
    blocked: 'Too many wrong tries; try again in {minutes} minutes.',
    demo: 'Demo users',
    demoNote: 'Only in local demo mode; the password of all is yiwang-demo.',
  },
}
