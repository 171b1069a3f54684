export default {
  zh: {
    title: '一网',
    claim: '您身边的事，说一声，就有人来办。',
    one: '说出来：地点、照片、一句话',
    two: '有人管：看得见由谁负责、几时办结',
    three: '您评价：办得好不好，由您说了算',
  },
  en: {
    title: 'Yiwang',
    claim: 'Tell us what is wrong around you, and somebody comes.',
    one: 'Say it: the place, a photo, a few words',
    two: 'Somebody answers for it: who, and by when',
    three: 'You judge: whether it was done well is yours to say',
  },
}
